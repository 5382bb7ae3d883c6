/// The part of the page's script that draws curves, as SVG and as a table of the same numbers.
enum PageChart {
    static let text = #"""

        const height = 240;
        const edge = { left: 56, right: 14, top: 10, bottom: 44 };
        const kinds = ['first', 'second', 'third'];

        function draw(name, attributes, ...children) {
          const element = document.createElementNS('http://www.w3.org/2000/svg', name);
          for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
          element.append(...children);
          return element;
        }

        // Multiples of 1, 2 or 5 times a power of ten that hold all values between them.
        function ticks(values, count, isWhole) {
          const [low, high] = [Math.min(...values), Math.max(...values)];
          const span = high > low ? high - low : Math.max(Math.abs(high), 1);
          const power = 10 ** Math.floor(Math.log10(span / count));
          let step = power * ([1, 2, 5].find((factor) => factor * power >= span / count * 0.999) || 10);
          if (isWhole) step = Math.max(1, Math.round(step));
          const first = Math.floor(low / step + 1e-9);
          const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
          return { values: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step), step };
        }

        // curves: [{ label, rounds, values, format }]; options: { title, unit, format, start }.
        function chart(place, curves, options) {
          const width = Math.max(260, Math.floor(place.clientWidth));
          const rounds = curves.flatMap((curve) => curve.rounds);
          const values = curves.flatMap((curve) => curve.values).concat(options.start);
          const [x, y] = [ticks(rounds, Math.max(2, Math.floor(width / 90)), true), ticks(values, 5, false)];
          const across = Math.max(...rounds) > Math.min(...rounds)
            ? [Math.min(...rounds), Math.max(...rounds)] : [rounds[0] - 1, rounds[0] + 1];
          const [bottom, top] = [y.values[0], y.values[y.values.length - 1]];
          const right = (value) => edge.left + (value - across[0]) / (across[1] - across[0])
            * (width - edge.left - edge.right);
          const down = (value) => height - edge.bottom - (value - bottom) / (top - bottom)
            * (height - edge.top - edge.bottom);
          const picture = draw('svg', {
            class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': options.title + '. '
              + curves.map(described).join(' '),
          });
          picture.append(...axes(x, y, across, right, down, width, options));
          curves.forEach((curve, index) => picture.append(...line(curve, kinds[index % 3], right, down)));
          return picture;
        }

        function described(curve) {
          const last = curve.values.length - 1;
          return `${capital(curve.label)}: ${curve.format(curve.values[0])} at ${curve.rounds[0]}`
            + (last > 0 ? `, ${curve.format(curve.values[last])} at ${curve.rounds[last]}.` : '.');
        }

        function axes(x, y, across, right, down, width, options) {
          const places = Math.max(0, -Math.floor(Math.log10(y.step * 1.001)));
          const level = y.values.flatMap((value) => [
            draw('line', { class: 'grid', x1: edge.left, x2: width - edge.right, y1: down(value), y2: down(value) }),
            draw('text', { x: edge.left - 8, y: down(value) + 4, 'text-anchor': 'end' }, options.format(value, places)),
          ]);
          const foot = height - edge.bottom;
          const upright = x.values.filter((value) => value >= across[0] && value <= across[1]).flatMap((value) => [
            draw('line', { class: 'axis', x1: right(value), x2: right(value), y1: foot, y2: foot + 4 }),
            draw('text', { x: right(value), y: foot + 18, 'text-anchor': 'middle' }, whole(value)),
          ]);
          return level.concat(upright, [
            draw('line', { class: 'axis', x1: edge.left, x2: width - edge.right, y1: foot, y2: foot }),
            draw('text', { x: (edge.left + width - edge.right) / 2, y: height - 6, 'text-anchor': 'middle' },
              options.unit),
          ]);
        }

        function line(curve, kind, right, down) {
          const spots = curve.rounds.map((round, index) =>
            [right(round).toFixed(1), down(curve.values[index]).toFixed(1)]);
          const points = spots.map((spot) => spot.join(',')).join(' ');
          const dots = spots.length > 40 ? [] : spots;
          return [draw('polyline', { class: `curve ${kind}`, points }),
            ...dots.map(([cx, cy]) => draw('circle', { class: `dot ${kind}`, cx, cy, r: 3 }))];
        }

        function legend(curves) {
          return make('ul', { class: 'legend' }, ...curves.map((curve, index) => {
            const sample = draw('svg', { viewBox: '0 0 28 12', 'aria-hidden': 'true' },
              draw('line', { class: `curve ${kinds[index % 3]}`, x1: 2, x2: 26, y1: 6, y2: 6 }));
            return make('li', {}, sample, `${curve.label} ${curve.format(curve.values[curve.values.length - 1])}`);
          }));
        }

        // The numbers behind a chart, for those who read or copy them.
        function numbers(curves, options) {
          const rounds = [...new Set(curves.flatMap((curve) => curve.rounds))].sort((one, other) => one - other);
          const cells = curves.map((curve) =>
            new Map(curve.rounds.map((round, index) => [round, curve.format(curve.values[index])])));
          const rows = rounds.map((round) => [whole(round), ...cells.map((column) => column.get(round) || '')]);
          const span = Math.max(...curves.map((curve) => curve.span));
          const note = span > 1 ? `; each value is the mean of up to ${span} ${options.unit}s` : '';
          const columns = [[capital(options.unit)], ...curves.map((curve) => [capital(curve.label)])];
          return table(options.title + note, columns, rows);
        }

        """#
}
