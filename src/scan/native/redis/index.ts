export { RedisConnection } from './connection.ts';
export { type RedisSettings, type RedisWorld, redisOfModule, redisOfPlaces } from './settings.ts';
