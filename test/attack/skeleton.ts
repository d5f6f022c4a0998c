import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';

/** What a browser would build of a page: its elements with the names of their attributes, in order. Text is left out. */
export function skeletonOf(page: string): readonly string[] {
  return elementsOf(parse(page)).map(
    (element) => `${element.tagName} ${element.attrs.map(({ name }) => name).join(' ')}`,
  );
}

/** The addresses of a page that lead elsewhere than to itself or to `own`. */
export function foreignAddresses(page: string, own: string): readonly string[] {
  return elementsOf(parse(page))
    .flatMap(({ attrs }) => attrs)
    .filter(({ name }) => ['href', 'src', 'action', 'formaction', 'srcdoc', 'content', 'style'].includes(name))
    .map(({ value }) => value)
    .filter((value) => !/^(\/(?![/\\])|#)/.test(value) && !value.startsWith(`${own}/`) && !ownContents.has(value));
}

const ownContents = new Set(['width=device-width, initial-scale=1', 'width=device-width', 'light dark', '10']);

function elementsOf(node: Tree.Node): readonly Tree.Element[] {
  const below = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...below] : below;
}
