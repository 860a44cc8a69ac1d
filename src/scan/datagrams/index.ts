export type { DatagramEvents, DatagramSocket, Datagrams } from './datagrams.ts';
export { ownDatagrams } from './own.ts';
export { portDatagrams, serveDatagrams } from './port.ts';
