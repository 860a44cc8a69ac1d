/**
 * Configuration that is used where the operator has none of that part. The values are those of the stock files of
 * Rspamd 4.1.6, unless a comment says otherwise.
 */
const general = `
options {
  task_timeout = 8s;
}
logging {
  # Nobody set up a log file or its rotation yet.
  type = "console";
  level = "info";
}
actions {
  reject = 15;
  add_header = 6;
  greylist = 4;
}
`;

const proxyValues = `
  timeout = 60s;
  count = 1;
  max_retries = 5;
  discard_on_reject = false;
  quarantine_on_reject = false;
  spam_header = "X-Spam";
  reject_message = "Spam message rejected";
`;

/**
 * The whole configuration of a machine that has none: it scans by itself, and takes no file names from clients that
 * nobody has chosen to trust.
 */
export const embeddedTree = `
${general}
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:11332";
  milter = true;
  ${proxyValues}
  allow_file_and_shm_inputs = false;
  upstream "local" { default = true; self_scan = true; }
}
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:11333";
  milter = false;
  ${proxyValues}
  allow_file_and_shm_inputs = false;
  upstream "local" { default = true; self_scan = true; }
}
# Without it the MTA and whoever reads the mail would not learn what SPF, DKIM and DMARC said.
milter_headers {
  use = ["authentication-results"];
}
`;

/** A tree around one `worker-proxy.inc`, which is read where local.d has it; VARIABLE holds the name of the file. */
export const singleWorkerTree = (variable: string): string => `
${general}
worker "rspamd_proxy" {
  bind_socket = "localhost:11332";
  milter = true;
  ${proxyValues}
  allow_file_and_shm_inputs = true;
  upstream "local" {
    default = true;
    hosts = "localhost";
    token_bucket { max_tokens = 10000; scale = 1024; min_tokens = 1; base_cost = 10; }
  }
  .include(priority=1,duplicate=merge) "\${${variable}}"
}
`;
