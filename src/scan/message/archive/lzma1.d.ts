/** The package ships its TypeScript sources as types, which do not pass this project's checks. */
export function decompress(data: Uint8Array): Uint8Array;
