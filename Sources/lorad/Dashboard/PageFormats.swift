/// The part of the page's script that makes elements and puts numbers into words.
enum PageFormats {
    static let text = #"""

        'use strict';

        const find = (id) => document.getElementById(id);

        // Texts become text nodes, never markup: names and reasons are a stranger's.
        function make(name, attributes, ...children) {
          const element = document.createElement(name);
          for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
          element.append(...children);
          return element;
        }

        // A part of the page that may be wider or higher than its place: it scrolls by itself, also with the keyboard.
        function scrolling(label, kind, ...children) {
          return make('div', { class: kind, role: 'region', 'aria-label': label, tabindex: '0' }, ...children);
        }

        // Columns are [title, class]; cells are texts or elements, the first one the row's title.
        function table(caption, columns, rows) {
          const titles = columns.map(([title, kind]) => make('th', { scope: 'col', class: kind || '' }, title));
          const lines = rows.map((cells) => make('tr', {}, ...cells.map((cell, index) => {
            const attributes = { class: columns[index][1] || '' };
            return index === 0 ? make('th', { ...attributes, scope: 'row' }, cell) : make('td', attributes, cell);
          })));
          return make('table', {}, make('caption', {}, caption), make('thead', {}, make('tr', {}, ...titles)),
            make('tbody', {}, ...lines));
        }

        const nothing = '–';
        const whole = (value) => value === undefined ? nothing : Math.round(value).toLocaleString('en-US');
        const decimals = (value, count) => value === undefined ? nothing : value.toFixed(count);
        const percent = (value) => value === undefined ? nothing : (100 * value).toFixed(1) + '%';
        const counted = (value, word) => `${whole(value)} ${word}${value === 1 ? '' : 's'}`;
        const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

        function bytes(value) {
          const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
          let unit = 0;
          while (value >= 999.5 && unit < units.length - 1) {
            value /= 1000;
            unit += 1;
          }
          return `${value.toFixed(unit === 0 || value >= 9.95 ? 0 : 1)} ${units[unit]}`;
        }

        function duration(seconds) {
          const total = Math.round(Math.min(Math.max(seconds, 0), 1e9));
          const two = (number) => String(number).padStart(2, '0');
          const [days, hours] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24];
          const rest = `${Math.floor(total / 60) % 60}:${two(total % 60)}`;
          if (days > 0) return `${days} d ${hours} h`;
          return hours > 0 ? `${hours}:${rest.padStart(5, '0')}` : rest;
        }

        // As many decimals as a small or a large number needs.
        const seconds = (value) => value === undefined ? nothing : `${decimals(value, value < 10 ? 2 : 1)} s`;

        const moment = (text) => make('time', { datetime: text }, new Date(text).toLocaleString());

        // Today's moments go without the date.
        function clock(text) {
          const then = new Date(text);
          if (then.toDateString() !== new Date().toDateString()) return moment(text);
          return make('time', { datetime: text }, then.toLocaleTimeString());
        }

        """#
}
