'use strict';
// The report's only script: sorting and filtering of tables, the table of single detections, light and dark.
// Text of the evidence reaches the page through text nodes alone.
(() => {
  const levels = ['none', 'informational', 'low', 'medium', 'high', 'critical'];
  const byId = (id) => document.getElementById(id);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'class') node.className = value;
      else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

  // As visible.h: what a screen must not act on becomes an escape. With `lines`, line ends stay.
  const unsafe = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
  const names = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};
  const visible = (text, lines) => {
    const out = document.createDocumentFragment();
    let from = 0;
    for (const found of text.matchAll(unsafe)) {
      const c = found[0];
      if (lines && (c === '\n' || c === '\t')) continue;
      const code = c.codePointAt(0);
      const shown = names[c] || (code < 0x100 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u{' + code.toString(16) + '}');
      out.append(text.slice(from, found.index), make('span', {class: 'ctl'}, shown));
      from = found.index + c.length;
    }
    out.append(text.slice(from));
    return out;
  };

  // ---- Light and dark ------------------------------------------------------------------------------------------
  const theme = byId('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? 'dark' : 'light')) === 'dark';
  const nameTheme = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.hidden = false;
  nameTheme();
  dark.addEventListener('change', nameTheme);
  theme.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    nameTheme();
  });
  for (const link of document.querySelectorAll('nav a')) {
    if (!document.querySelector(link.getAttribute('href'))) link.hidden = true;
  }

  // ---- Tables of the page --------------------------------------------------------------------------------------
  for (const table of document.querySelectorAll('table.sortable')) {
    const body = table.tBodies[0];
    const key = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.toLowerCase();
    };
    table.querySelectorAll('thead th').forEach((head, column) => {
      const number = head.dataset.kind !== 'text';
      const button = make('button', {type: 'button'}, ...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const next = head.getAttribute('aria-sort') === (number ? 'descending' : 'ascending') ? -1 : 1;
        const direction = number ? -next : next;
        table.querySelectorAll('thead th').forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
        const rows = [...body.rows].map((row, index) => [row, key(row, column), index]);
        rows.sort((a, b) => {
          const order = number ? Number(a[1]) - Number(b[1]) : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
          return order * direction || a[2] - b[2];
        });
        body.append(...rows.map((entry) => entry[0]));
      });
    });
  }
  for (const input of document.querySelectorAll('input[data-filter]')) {
    const table = byId(input.dataset.filter);
    input.addEventListener('input', () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
  }

  // ---- Single detections ---------------------------------------------------------------------------------------
  // A row: rule, time, host, source, record, channel, detail, matched, fields, unit, offset, duplicates, recovered.
  const RULE = 0, TIME = 1, HOST = 2, SOURCE = 3, RECORD = 4, CHANNEL = 5, DETAIL = 6, MATCHED = 7, FIELDS = 8, UNIT = 9, OFFSET = 10, DUPLICATES = 11, RECOVERED = 12;
  const data = JSON.parse(byId('data').textContent);
  const explorer = byId('explorer');
  if (data.rows.length === 0) {
    explorer.append(make('p', {class: 'dim'}, 'No detections.'));
    return;
  }
  const pageRows = 100;
  const state = {words: [], levels: new Set(), rule: -1, host: -1, sort: 'time', down: false, page: 0};
  const levelOf = (row) => data.rules[row[RULE]][1];
  const haystacks = new Array(data.rows.length);
  const haystack = (index) => {
    if (haystacks[index] === undefined) {
      const row = data.rows[index];
      haystacks[index] = [data.rules[row[RULE]][0], data.rules[row[RULE]][2], row[TIME], data.hosts[row[HOST]],
        data.sources[row[SOURCE]] + '#' + row[RECORD], data.channels[row[CHANNEL]], row[DETAIL],
        ...row[FIELDS].map((field) => field[0] + ' ' + field[1].join(' '))].join('\n').toLowerCase();
    }
    return haystacks[index];
  };
  const bare = (time) => time.endsWith('Z') ? time.slice(0, -1) : time;
  const sortKeys = {
    time: (row) => bare(row[TIME]),
    level: (row) => levelOf(row),
    rule: (row) => data.rules[row[RULE]][0].toLowerCase(),
    host: (row) => data.hosts[row[HOST]].toLowerCase(),
    source: (row) => data.sources[row[SOURCE]],
  };

  const search = make('input', {type: 'search', id: 'search', placeholder: 'Search rule, host, file, any field'});
  const chips = make('div', {class: 'chips', role: 'group', 'aria-label': 'Levels'});
  const ruleSelect = make('select', {'aria-label': 'Rule'}, make('option', {value: '-1'}, 'All rules'));
  const hostSelect = make('select', {'aria-label': 'Host'}, make('option', {value: '-1'}, 'All hosts'));
  const reset = make('button', {type: 'button'}, 'Reset');
  const columns = [['time', 'Time (UTC)'], ['level', 'Level'], ['rule', 'Rule'], ['host', 'Host'], ['source', 'Detail']];
  const headRow = make('tr');
  const body = make('tbody');
  const status = make('span', {role: 'status', 'aria-live': 'polite', id: 'matches'});
  const before = make('button', {type: 'button'}, 'Previous');
  const after = make('button', {type: 'button'}, 'Next');
  const where = make('span');

  const counts = new Map();
  for (const row of data.rows) counts.set(levelOf(row), (counts.get(levelOf(row)) || 0) + 1);
  for (let rank = levels.length - 1; rank >= 0; --rank) {
    if (!counts.has(rank)) continue;
    const chip = make('button', {type: 'button', class: levels[rank], 'aria-pressed': 'false'}, levels[rank] + ' ' + grouped(counts.get(rank)));
    chip.addEventListener('click', () => {
      if (!state.levels.delete(rank)) state.levels.add(rank);
      chip.setAttribute('aria-pressed', String(state.levels.has(rank)));
      update();
    });
    chips.append(chip);
  }
  const fill = (select, entries) => {
    entries.sort((a, b) => a[1].toLowerCase() < b[1].toLowerCase() ? -1 : 1);
    for (const [value, text] of entries) select.append(make('option', {value}, visible(text).textContent.slice(0, 120)));
  };
  fill(ruleSelect, data.rules.map((rule, index) => [index, rule[0]]));
  fill(hostSelect, data.hosts.map((host, index) => [index, host || '(no name)']));

  for (const [key, text] of columns) {
    const button = make('button', {type: 'button'}, text);
    const head = make('th', {scope: 'col', class: 'c-' + key}, button);
    button.addEventListener('click', () => {
      state.down = state.sort === key ? !state.down : key === 'level';
      state.sort = key;
      update();
    });
    head.dataset.key = key;
    headRow.append(head);
  }

  let found = [];
  const select = () => {
    const {words, levels: chosen, rule, host} = state;
    found = [];
    for (let index = 0; index < data.rows.length; ++index) {
      const row = data.rows[index];
      if (rule >= 0 && row[RULE] !== rule) continue;
      if (host >= 0 && row[HOST] !== host) continue;
      if (chosen.size !== 0 && !chosen.has(levelOf(row))) continue;
      if (words.length !== 0) {
        const text = haystack(index);
        if (!words.every((word) => text.includes(word))) continue;
      }
      found.push(index);
    }
    const key = sortKeys[state.sort];
    const keys = new Map(found.map((index) => [index, key(data.rows[index])]));
    const direction = state.down ? -1 : 1;
    found.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      return x < y ? -direction : x > y ? direction : a - b;
    });
  };

  const pair = (list, name, ...value) => list.append(make('dt', {}, visible(name)), make('dd', {}, ...value));
  const value = (text) => make('div', {class: 'value'}, visible(text, true));
  const expansion = (row) => {
    const cell = make('td', {colspan: String(columns.length)});
    const place = data.sources[row[SOURCE]] + '#' + row[RECORD];
    const facts = make('dl', {class: 'pairs'});
    pair(facts, 'Event', make('code', {}, visible(place)));
    if (row[CHANNEL] >= 0 && data.channels[row[CHANNEL]]) pair(facts, 'Channel', visible(data.channels[row[CHANNEL]]));
    pair(facts, 'Position', row[UNIT] + ' ' + row[RECORD] + ', byte ' + grouped(row[OFFSET]));
    if (data.rules[row[RULE]][2]) pair(facts, 'Rule id', make('code', {}, visible(data.rules[row[RULE]][2])));
    if (row[DUPLICATES]) pair(facts, 'Seen again', grouped(row[DUPLICATES]) + ' times elsewhere');
    if (row[RECOVERED]) pair(facts, 'Recovered', 'from free space or a damaged chunk');
    cell.append(facts);
    if (row[MATCHED].length) {
      const list = make('dl', {class: 'pairs'});
      for (const [field, text, pattern] of row[MATCHED]) {
        const shown = [value(text)];
        if (pattern) shown.push(make('div', {class: 'pattern'}, 'matches ', visible(pattern)));
        pair(list, field || 'any field', ...shown);
      }
      cell.append(make('h4', {}, 'What matched'), list);
    }
    if (row[FIELDS].length) {
      const list = make('dl', {class: 'pairs'});
      for (const [field, texts] of row[FIELDS]) pair(list, field, ...texts.map(value));
      cell.append(make('h4', {}, 'Fields'), list);
    }
    return make('tr', {class: 'expanded'}, cell);
  };

  const line = (index) => {
    const row = data.rows[index];
    const rank = levelOf(row);
    const open = make('button', {type: 'button', class: 'open', 'aria-expanded': 'false'}, visible(data.rules[row[RULE]][0]));
    const tr = make('tr', {class: 'row'},
      make('td', {class: 'time'}, row[TIME] ? bare(row[TIME]).replace('T', ' ') : 'not known'),
      make('td', {}, make('span', {class: 'level ' + levels[rank]}, levels[rank])),
      make('td', {}, open),
      make('td', {}, visible(data.hosts[row[HOST]])),
      make('td', {class: 'detail'}, make('div', {}, visible(row[DETAIL]))));
    tr.addEventListener('click', () => {
      if (String(getSelection())) return;
      const expanded = open.getAttribute('aria-expanded') === 'true';
      open.setAttribute('aria-expanded', String(!expanded));
      if (expanded) tr.nextSibling.remove();
      else tr.after(expansion(row));
    });
    return tr;
  };

  const draw = () => {
    const pages = Math.max(1, Math.ceil(found.length / pageRows));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const begin = state.page * pageRows;
    const rows = found.slice(begin, begin + pageRows).map(line);
    if (rows.length === 0) rows.push(make('tr', {}, make('td', {class: 'none-found', colspan: String(columns.length)}, 'Nothing matches these filters.')));
    body.replaceChildren(...rows);
    for (const head of headRow.cells) {
      if (head.dataset.key === state.sort) head.setAttribute('aria-sort', state.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    status.textContent = found.length === data.rows.length ? grouped(found.length) + ' detections' : grouped(found.length) + ' of ' + grouped(data.rows.length) + ' detections';
    where.textContent = 'Page ' + grouped(state.page + 1) + ' of ' + grouped(pages);
    before.disabled = state.page === 0;
    after.disabled = state.page + 1 >= pages;
  };
  const update = () => {
    state.page = 0;
    select();
    draw();
  };

  let wait = 0;
  search.addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      state.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      update();
    }, 120);
  });
  ruleSelect.addEventListener('change', () => { state.rule = Number(ruleSelect.value); update(); });
  hostSelect.addEventListener('change', () => { state.host = Number(hostSelect.value); update(); });
  reset.addEventListener('click', () => {
    search.value = '';
    ruleSelect.value = hostSelect.value = '-1';
    Object.assign(state, {words: [], rule: -1, host: -1, sort: 'time', down: false});
    state.levels.clear();
    for (const chip of chips.children) chip.setAttribute('aria-pressed', 'false');
    update();
  });
  const turn = (by) => { state.page += by; draw(); explorer.scrollIntoView(); };
  before.addEventListener('click', () => turn(-1));
  after.addEventListener('click', () => turn(1));
  for (const button of document.querySelectorAll('.show-rule')) {
    button.addEventListener('click', () => {
      state.rule = Number(button.dataset.rule);
      ruleSelect.value = button.dataset.rule;
      update();
      byId('detections').scrollIntoView();
    });
  }

  explorer.append(
    make('div', {class: 'controls'}, make('label', {class: 'grow'}, make('span', {class: 'hide'}, 'Search detections'), search), chips, ruleSelect, hostSelect, reset),
    make('div', {class: 'scroll'}, make('table', {}, make('thead', {}, headRow), body)),
    make('div', {class: 'pager'}, before, after, where, status));
  update();
})();
