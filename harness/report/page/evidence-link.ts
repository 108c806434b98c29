import { html } from 'htm/preact';
import type { VNode } from 'preact';

/**
 * A link to a file of the run, beside which the page lies.
 *
 * @param path relative to the run's directory; whatever stands in it, the link leads to a file there
 * @param missing what is not there: it is named, and no link
 */
export function evidenceLink(path: string, missing: ReadonlySet<string>): VNode {
  if (missing.has(path)) return html`<span class="problem">${path} is missing</span>`;
  const target = path.split('/').map(encodeURIComponent).join('/');
  return html`<a href="./${target}">${path}</a>`;
}
