/** What is no character of XML 1.0 (section 2.2), lone surrogates among it. */
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A reader would turn these into spaces or line feeds (sections 2.11 and 3.3.3).
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * Text as it may stand in XML, both in an element and in a quoted attribute.
 *
 * @param text any text; what cannot be in XML becomes U+FFFD
 */
function xmlText(text: string): string {
  return text
    .replace(NO_CHARACTER, '\u{fffd}')
    .replace(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? character);
}

/** An element of an XML document. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly XmlElement[];
  /** Stands before the children. */
  readonly text?: string;
};

/** A whole document, UTF-8, indented for people. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, '')}`;
}

function element({ name, attributes, children, text = '' }: XmlElement, indent: string): string {
  const pairs = Object.entries(attributes).map(
    ([attribute, value]) => ` ${attribute}="${xmlText(String(value))}"`,
  );
  const start = `${indent}<${name}${pairs.join('')}`;
  if (text === '' && children.length === 0) return `${start}/>\n`;
  if (children.length === 0) return `${start}>${xmlText(text)}</${name}>\n`;
  const inside = children.map((child) => element(child, `${indent}  `)).join('');
  return `${start}>${xmlText(text)}\n${inside}${indent}</${name}>\n`;
}
