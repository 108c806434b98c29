import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

// GitHub's parser imports its schema as only a bundler takes it.
registerHooks({
  load: (url, context, next) =>
    url.endsWith('/workflow-v1.0.min.json')
      ? { format: 'module', shortCircuit: true, source: moduleOf(fileURLToPath(url)) }
      : next(url, context),
});

/**
 * What GitHub would find wrong with a workflow.
 *
 * @param content YAML
 * @returns its messages
 */
export async function workflowProblems(name: string, content: string): Promise<readonly string[]> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
    '@actions/workflow-parser'
  );
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

function moduleOf(json: string): string {
  return `export default ${readFileSync(json, 'utf8')}`;
}
