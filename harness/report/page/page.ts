import { createHash } from 'node:crypto';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { bootsSection } from './boots-section.ts';
import { claimSection } from './claim-section.ts';
import { environmentSection } from './environment-section.ts';
import { failuresSection } from './failures-section.ts';
import { integritySection } from './integrity-section.ts';
import type { PageInput } from './page-input.ts';
import { requirementsSection } from './requirements-section.ts';
import { STYLE } from './style.ts';
import { tablesSection } from './tables-section.ts';

/**
 * A run as one self-contained page: it opens from a file, loads nothing, and runs no script. What guests and
 * images say is text in it and nothing else; its policy forbids the rest (W3C Content Security Policy 3).
 *
 * @returns an HTML document
 */
export function renderPage(input: PageInput): string {
  const { result } = input;
  const sections = [
    ['failures', 'What does not hold', failuresSection(input)],
    ['tables', 'Side by side', tablesSection(result)],
    ['requirements', 'Requirements', requirementsSection(input)],
    ['integrity', 'What protects each byte', integritySection(input)],
    ['boots', 'Boots', bootsSection(input)],
    ['environment', 'Environment', environmentSection(result)],
  ] as const;
  const shown = sections.filter(([, , section]) => section !== null);
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content=${policy()} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${`${result.summary.must.met} of ${result.summary.must.total} MUST · ${result.run.id}`}</title>
      <style dangerouslySetInnerHTML=${{ __html: STYLE }}></style>
    </head>
    <body>
      <a class="to-content" href="#main">To the content</a>
      ${claimSection(result)}
      <nav aria-label="Sections"><ul>${shown.map(
        ([id, title]) => html`<li><a href="#${id}">${title}</a></li>`,
      )}</ul></nav>
      <main id="main">${shown.map(([, , section]) => section)}</main>
    </body>
  </html>`;
  return `<!DOCTYPE html>\n${renderToString(page)}\n`;
}

/** The page's own style is allowed by its digest; nothing else is. */
function policy(): string {
  const digest = createHash('sha256').update(STYLE).digest('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}
