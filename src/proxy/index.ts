export { Pipeline, type PipelineOptions } from './pipeline.ts';
