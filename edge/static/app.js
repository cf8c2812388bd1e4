// Improvements only: every page works without this file.
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const body = document.body;
  document.documentElement.classList.add('js');

  // How many things are in the cart. Catalogue pages are the same for everyone, so the number comes on its own, and
  // only where this browser has put something into a cart.
  const remembered = { get: () => { try { return localStorage.getItem('cart'); } catch { return null; } },
    set: (value) => { try { localStorage.setItem('cart', value); } catch { /* private mode */ } } };
  const showCount = (count) => {
    const badge = $('[data-cart-count]');
    if (!badge) return;
    badge.hidden = !count;
    badge.textContent = count > 99 ? '99+' : count;
    badge.setAttribute('aria-label', `${count} ${badge.dataset.cartCount}`);
    badge.setAttribute('role', 'img');
  };
  document.addEventListener('submit', (event) => {
    if (event.target.action.includes('/cart/add')) remembered.set('1');
  });
  if (remembered.get() && body.dataset.cart) {
    fetch(body.dataset.cart, { headers: { accept: 'application/json' } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((cart) => { if (cart) { showCount(cart.item_count); if (!cart.item_count) remembered.set(''); } })
      .catch(() => {});
  }

  // Suggestions under the search box: a combobox as WAI-ARIA describes it.
  const box = $('#q');
  const list = $('#suggestions');
  if (box && list) {
    let timer = 0;
    let latest = 0;
    const options = () => [...list.querySelectorAll('[role=option]')];
    const close = () => { list.hidden = true; box.setAttribute('aria-expanded', 'false'); box.removeAttribute('aria-activedescendant'); };
    const select = (step) => {
      const all = options();
      if (!all.length) return;
      const at = all.findIndex((option) => option.getAttribute('aria-selected') === 'true');
      const next = (at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length;
      all.forEach((option, index) => option.setAttribute('aria-selected', String(index === next)));
      box.setAttribute('aria-activedescendant', all[next].id);
      all[next].scrollIntoView({ block: 'nearest' });
    };
    const ask = async () => {
      const q = box.value;
      const mine = ++latest;
      if (!q.trim()) return close();
      try {
        const answer = await fetch(`${body.dataset.suggest}?q=${encodeURIComponent(q)}`);
        if (!answer.ok || mine !== latest) return;
        list.innerHTML = await answer.text();
        options().forEach((option, index) => { option.id = `suggestion-${index}`; option.setAttribute('aria-selected', 'false'); });
        list.hidden = !options().length;
        box.setAttribute('aria-expanded', String(!list.hidden));
        box.removeAttribute('aria-activedescendant');
      } catch { close(); }
    };
    box.setAttribute('role', 'combobox');
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-controls', 'suggestion-list');
    box.setAttribute('aria-expanded', 'false');
    box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    box.addEventListener('keydown', (event) => {
      if (list.hidden || event.isComposing) return;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); select(event.key === 'ArrowDown' ? 1 : -1); }
      else if (event.key === 'Escape') close();
      else if (event.key === 'Enter') {
        const chosen = $('[aria-selected=true]', list);
        if (chosen) { event.preventDefault(); location.href = chosen.dataset.href; }
      }
    });
    document.addEventListener('click', (event) => { if (!event.target.closest('.find')) close(); });
    box.form.addEventListener('focusout', (event) => { if (event.relatedTarget && !box.form.contains(event.relatedTarget)) close(); });
  }

  // Another variant, another way of shipping: the page's own HTML is fetched and one part of it swapped.
  const swap = async (name, request) => {
    const part = $(`[data-swap="${name}"]`);
    part.setAttribute('aria-busy', 'true');
    const answer = await fetch(...request);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = $(`[data-swap="${name}"]`, page);
    if (!fresh) throw new Error('no such part');
    part.replaceWith(fresh);
    return page;
  };
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('[data-variant]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    try {
      await swap('product', [link.href]);
      history.replaceState(null, '', link.href);
      const again = $(`[data-variant][href="${CSS.escape(link.getAttribute('href'))}"]`) || $('[data-variant][aria-current]');
      again?.focus();
      gallery();
    } catch { location.href = link.href; }
  });
  const methods = $('[data-shipping]');
  if (methods) {
    const button = $('[name=intent]', methods);
    button.hidden = true;
    methods.addEventListener('change', async () => {
      const form = methods.closest('form');
      const data = new URLSearchParams(new FormData(form));
      data.set('intent', 'reprice');
      try {
        const page = await swap('summary', [form.action, { method: 'POST', body: data }]);
        form.elements.expected_total.value = $('[name=expected_total]', page).value;
      } catch { button.click(); }
    });
  }

  // Lists and quantities need no button to be pressed.
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-auto]');
    if (form && form.reportValidity()) form.requestSubmit();
  });
  // Empty fields stay out of the address.
  document.addEventListener('submit', (event) => {
    if (event.target.method !== 'get') return;
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  });
  addEventListener('pageshow', () => {
    for (const field of document.querySelectorAll('form[method=get] :disabled')) field.disabled = false;
  });

  // Small pictures bring their large ones into view without moving the page.
  function gallery() {
    const frames = $('.frames');
    const thumbs = [...document.querySelectorAll('.thumbs a')];
    if (!frames || !thumbs.length) return;
    const mark = (at) => thumbs.forEach((thumb, index) => (index === at ? thumb.setAttribute('aria-current', 'true') : thumb.removeAttribute('aria-current')));
    mark(0);
    thumbs.forEach((thumb, at) => thumb.addEventListener('click', (event) => {
      event.preventDefault();
      frames.scrollTo({ left: frames.clientWidth * at });
    }));
    frames.addEventListener('scroll', () => mark(Math.round(frames.scrollLeft / frames.clientWidth)), { passive: true });
  }
  gallery();

  // The menu closes when something else is meant.
  document.addEventListener('click', (event) => {
    const open = $('.mega[open]');
    if (open && !open.contains(event.target)) open.open = false;
  });
  document.addEventListener('keydown', (event) => {
    const open = event.key === 'Escape' && $('.mega[open]');
    if (open) { open.open = false; $('summary', open).focus(); }
  });
})();
