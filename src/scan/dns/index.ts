export { fakesOfHosts, readFakes } from './fakes.ts';
export { lookupBy } from './lookup.ts';
export { type DnsSettings, type FakeRecord, Resolver, stockDnsSettings } from './resolver.ts';
