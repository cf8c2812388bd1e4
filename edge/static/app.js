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

  // Suggestions under the search box: a combobox with a listbox as the ARIA Authoring Practices describe it. The focus
  // stays in the box; the chosen option is named by aria-activedescendant.
  const box = $('#q');
  const list = $('#suggestions');
  if (box && list) {
    let timer = 0;
    let asking = null;
    let typed = box.value;
    const options = () => [...list.querySelectorAll('[role=option]')];
    const chosen = () => $('[aria-selected=true]', list);
    const show = (open) => {
      list.hidden = !open;
      box.setAttribute('aria-expanded', String(open));
      if (!open) choose(null);
    };
    const choose = (option) => {
      options().forEach((other) => other.setAttribute('aria-selected', String(other === option)));
      if (option) { box.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); }
      else box.removeAttribute('aria-activedescendant');
    };
    const ask = async () => {
      asking?.abort();
      const q = box.value;
      typed = q;
      if (!q.trim()) return show(false);
      asking = new AbortController();
      try {
        const answer = await fetch(`${body.dataset.suggest}?q=${encodeURIComponent(q)}`, { signal: asking.signal });
        if (!answer.ok || q !== box.value) return;
        list.innerHTML = await answer.text();
        show(options().length > 0);
      } catch (error) { if (error.name !== 'AbortError') show(false); }
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(ask, 80); };
    box.setAttribute('role', 'combobox');
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-haspopup', 'listbox');
    box.setAttribute('aria-controls', 'suggestion-list');
    box.setAttribute('aria-expanded', 'false');
    // Half a syllable of an input method is not yet a word.
    box.addEventListener('input', (event) => { if (!event.isComposing) later(); });
    box.addEventListener('compositionend', later);
    box.addEventListener('keydown', (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const all = options();
      const at = all.indexOf(chosen());
      const key = event.key;
      if (key === 'Escape') {
        if (!list.hidden) { event.preventDefault(); show(false); } else if (box.value) { event.preventDefault(); box.value = ''; }
        clearTimeout(timer);
      } else if (key === 'ArrowDown' || key === 'ArrowUp') {
        event.preventDefault();
        if (list.hidden) { if (all.length && box.value === typed) show(true); else return ask(); }
        const step = key === 'ArrowDown' ? 1 : -1;
        // Beyond either end the box itself is chosen again.
        const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
        choose(all[next] ?? null);
      } else if (key === 'Enter' && !list.hidden && chosen()) {
        event.preventDefault();
        location.href = chosen().href;
      } else if (key === 'Home' || key === 'End') {
        // They move in what is typed, so no option is chosen any more.
        choose(null);
      } else if (key === 'Tab') show(false);
    });
    document.addEventListener('click', (event) => { if (!event.target.closest('.find')) show(false); });
    box.form.addEventListener('focusout', (event) => { if (event.relatedTarget && !box.form.contains(event.relatedTarget)) show(false); });
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
  const form = $('form.checkout');
  form?.addEventListener('change', async ({ target: { name } }) => {
    const parts = { shipping: [], region: ['methods'], postal_code: ['methods'], country: ['methods', 'address'] }[name];
    if (!parts) return;
    const data = new URLSearchParams(new FormData(form));
    data.set('intent', 'reprice');
    try {
      const page = await swap('summary', [form.action, { method: 'POST', body: data }]);
      for (const field of ['expected_total', 'quote']) form.elements[field].value = $(`[name=${field}]`, page).value;
      for (const part of parts) $(`[data-swap=${part}]`).replaceWith($(`[data-swap=${part}]`, page));
      if (name === 'country') $('#f-country').focus();
    } catch { $('[name=intent]', form).click(); }
  });

  // Lists and quantities need no button to be pressed, but where the filters cover the page: there they are chosen first
  // and the button is pressed. The next page begins where this one was left.
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-auto]');
    const panel = event.target.closest('.filters');
    if (!form || (panel && getComputedStyle(panel).position === 'fixed') || !form.reportValidity()) return;
    const { name, value } = event.target;
    try { sessionStorage.setItem('left', JSON.stringify({ path: location.pathname, name, value, y: scrollY })); } catch { /* private mode */ }
    form.requestSubmit();
  });
  try {
    const left = JSON.parse(sessionStorage.getItem('left'));
    sessionStorage.removeItem('left');
    if (left && left.path === location.pathname) {
      const fields = [...document.querySelectorAll('form[data-auto] [name]')].filter((field) => field.name === left.name);
      (fields.find((field) => field.value === left.value) ?? fields[0])?.focus({ preventScroll: true });
      scrollTo({ top: left.y, behavior: 'instant' });
    }
  } catch { /* private mode */ }
  document.addEventListener('keydown', (event) => {
    const open = event.key === 'Escape' && $('.filters[open]');
    if (open && getComputedStyle(open).position === 'fixed') { open.open = false; $('summary', open).focus(); }
  });
  // Empty fields stay out of the address.
  document.addEventListener('submit', (event) => {
    if (event.target.method !== 'get') return;
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  });
  addEventListener('pageshow', (event) => {
    // Gone back to from memory: what was ticked on leaving is not what this address says.
    if (event.persisted) document.querySelectorAll('form[data-auto]').forEach((form) => form.reset());
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
