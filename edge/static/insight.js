// What is searched for, chosen and put into a cart, for the shop's own figures: no cookie, nothing that says who. Which
// result was chosen this tab alone remembers, until it is put into a cart.
(() => {
  'use strict';
  const { pathname, search } = location;
  const asked = new URLSearchParams(search);
  const say = (what) => navigator.sendBeacon(document.body.dataset.insight, new URLSearchParams(what));
  try {
    const tab = sessionStorage;
    const q = pathname.endsWith('/search') && asked.get('q');
    // A filter, a page or a reload is the same search.
    if (q && tab.getItem('searched') !== q) {
      tab.setItem('searched', q);
      say({ q });
    }
    const product = (path) => path.split('/products/')[1];
    document.addEventListener('click', ({ target }) => {
      const link = q && target.closest('.found .tiles a');
      const tile = link && link.closest('li');
      if (!tile || !product(link.pathname)) return;
      tab.setItem('chosen', JSON.stringify([q, product(link.pathname)]));
      const before = 24 * ((Number(asked.get('page')) || 1) - 1);
      say({ q, product: product(link.pathname), place: before + 1 + [...tile.parentNode.children].indexOf(tile) });
    });
    document.addEventListener('submit', ({ target }) => {
      const [from, chosen] = JSON.parse(tab.getItem('chosen') ?? '[]');
      if (!chosen || chosen !== product(pathname) || !target.action.includes('/cart/add')) return;
      tab.removeItem('chosen');
      say({ q: from, product: chosen, cart: 1 });
    });
  } catch { /* private mode */ }
})();
