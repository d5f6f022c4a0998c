/**
 * The script of the pages that update by themselves: fetches the page again and swaps its main part when it
 * changed. It never swaps under somebody's typing, and it keeps the focus and what was unfolded.
 */
export const liveScript = `'use strict';
(() => {
  const every = 2000;
  const stale = document.getElementById('stale');
  let last = document.querySelector('main').innerHTML;

  async function look() {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const main = page.querySelector('main');
    if (main && main.innerHTML !== last && !typing()) swap(page, main);
  }

  function typing() {
    const at = document.activeElement;
    return (at && at.matches('input, textarea, select')) || String(getSelection()) !== '';
  }

  function swap(page, main) {
    const here = document.querySelector('main');
    const focused = document.activeElement && here.contains(document.activeElement) ? document.activeElement.id : '';
    const open = new Set([...here.querySelectorAll('details[open][id]')].map((one) => one.id));
    here.replaceChildren(...[...main.childNodes].map((node) => document.importNode(node, true)));
    for (const one of here.querySelectorAll('details[id]')) if (open.has(one.id)) one.open = true;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    document.title = page.title;
    last = main.innerHTML;
  }

  async function loop() {
    if (!document.hidden) {
      try {
        await look();
        stale.hidden = true;
      } catch {
        stale.hidden = false;
      }
    }
    setTimeout(loop, every);
  }

  setTimeout(loop, every);
})();
`;
