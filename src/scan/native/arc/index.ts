export { readResults } from './forwarder.ts';
export {
  type ArcFinding,
  type ArcSettings,
  arcDmarcRule,
  arcFinding,
  arcRule,
  stockArcSettings,
} from './rule.ts';
