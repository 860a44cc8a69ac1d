import { Command, Option } from 'commander';
import type { Io } from './io.ts';
import {
  type DecryptOptions,
  decrypt,
  type EncryptOptions,
  encrypt,
  type GenerateOptions,
  generate,
  type SignOptions,
  sign,
  type VerifyOptions,
  verify,
} from './keypair-actions.ts';
import { Overwriting } from './keypair-files.ts';
import { KeypairFailure } from './keypair-keys.ts';
import { adopt } from './options.ts';

/**
 * `keypair`, with the commands and options of `rspamadm keypair` (rspamd: lualib/rspamadm/keypair.lua). What does not
 * work there works here: `decrypt` writes its result, `--pubstring` and `--pubkey` encrypt, failures exit with 1.
 *
 * @param input where answers to questions come from
 */
export function keypairCommand(io: Io, input: NodeJS.ReadableStream = process.stdin): Command {
  const asking = async (run: (overwriting: Overwriting) => Promise<boolean>) => {
    const overwriting = new Overwriting(input, io.stderr);
    await finish(io, () => run(overwriting)).finally(() => overwriting.close());
  };
  const command = addGenerateOptions(new Command('keypair'))
    .aliases(['kp', 'key'])
    .description('make key pairs; sign, verify, encrypt and decrypt files. Without a command: generate')
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .action((options: GenerateFlags) => finish(io, () => runGenerate(options, io)));
  command.addCommand(generateCommand(io));
  command.addCommand(signCommand(io));
  command.addCommand(verifyCommand(io));
  command.addCommand(
    withPublicKey(new Command('encrypt').aliases(['crypt', 'enc', 'e']))
      .description('encrypt files for a key pair')
      .option('-s, --suffix <suffix>', 'suffix of the encrypted file; empty to encrypt in place', 'enc')
      .option('-r, --rm', 'remove the unencrypted file')
      .option('-f, --force', 'overwrite a file that is there')
      .argument('<file...>', 'files to encrypt')
      .action((files: string[], options: EncryptOptions) =>
        asking((overwriting) => encrypt(files, options, io, overwriting)),
      ),
  );
  command.addCommand(
    new Command('decrypt')
      .aliases(['dec', 'd'])
      .description('decrypt files with a key pair')
      .option('-k, --keypair <file>', 'key pair to use')
      .option('-S, --keep-suffix', 'write the plain text over the encrypted file')
      .option('-f, --force', 'overwrite a file that is there (implied by -S)')
      .option('-r, --rm', 'remove the encrypted file')
      .argument('<file...>', 'files to decrypt')
      .action((files: string[], options: DecryptOptions) =>
        asking((overwriting) => decrypt(files, options, io, overwriting)),
      ),
  );
  for (const sub of command.commands) adopt(sub, io).exitOverride();
  return adopt(command, io);
}

interface GenerateFlags extends GenerateOptions {
  readonly nist?: boolean;
}

function addGenerateOptions(command: Command): Command {
  return command
    .option('-s, --sign', 'a pair for signatures instead of one for encryption')
    .option('-n, --nist', 'NIST curves; gone since Rspamd 3.10')
    .addOption(new Option('-j, --json', 'JSON instead of UCL').conflicts('ucl'))
    .addOption(new Option('-u, --ucl', 'UCL (the default)'))
    .option('-o, --output <file>', 'write the pair to a file that only its owner can read');
}

function generateCommand(io: Io): Command {
  return addGenerateOptions(new Command('generate').aliases(['gen', 'g']))
    .description('make a new pair')
    .option('--name <name>', 'add a name to it')
    .action((options: GenerateFlags, self: Command) =>
      finish(io, () => runGenerate({ ...self.parent?.opts<GenerateFlags>(), ...options }, io)),
    );
}

function runGenerate(options: GenerateFlags, io: Io): void {
  if (options.nist === true) {
    throw new KeypairFailure(
      '--nist: Rspamd has no NIST keys since 3.10, and makes a Curve25519 pair instead; leave the option out for that',
    );
  }
  generate(options, io);
}

function signCommand(io: Io): Command {
  return new Command('sign')
    .aliases(['sig', 's'])
    .description('sign files with a key pair')
    .option('-k, --keypair <file>', 'key pair to use')
    .option('-s, --suffix <suffix>', 'suffix of the signature', 'sig')
    .argument('<file...>', 'files to sign')
    .action((files: string[], options: SignOptions) => finish(io, () => sign(files, options, io)));
}

function verifyCommand(io: Io): Command {
  return withPublicKey(new Command('verify').aliases(['ver', 'v']))
    .description('check the signatures of files')
    .option('-s, --suffix <suffix>', 'suffix of the signature', 'sig')
    .argument('<file...>', 'files to verify')
    .action((files: string[], options: VerifyOptions) => finish(io, () => verify(files, options, io)));
}

function withPublicKey(command: Command): Command {
  return command
    .addOption(new Option('-p, --pubkey <file>', 'file with the public key').conflicts(['pubstring', 'keypair']))
    .addOption(new Option('-P, --pubstring <base32>', 'the public key itself').conflicts(['pubkey', 'keypair']))
    .addOption(
      new Option('-k, --keypair <file>', 'key pair whose public key is used').conflicts(['pubkey', 'pubstring']),
    );
}

/** Runs an action: exit code 1 where it gives false or a KeypairFailure, whose message goes to standard error. */
async function finish(io: Io, run: () => unknown): Promise<void> {
  try {
    if ((await run()) === false) io.setExitCode(1);
  } catch (error) {
    if (!(error instanceof KeypairFailure)) throw error;
    io.stderr.write(`${error.message}\n`);
    io.setExitCode(1);
  }
}
