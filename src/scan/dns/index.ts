export { type DnsSettings, type FakeRecord, Resolver, stockDnsSettings } from './resolver.ts';
export { LimitedDns } from './task-dns.ts';
