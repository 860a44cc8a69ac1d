export { type DnsSettings, type FakeRecord, Resolver, stockDnsSettings } from './resolver.ts';
