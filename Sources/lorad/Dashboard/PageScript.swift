/// The part of the page's script that shows a run, and listens for what is new where the run continues.
enum PageScript {
    static let text = #"""

        const states = {
          created: ['not started', ''], gathering: ['waiting for workers', 'warning'], working: ['working', 'good'],
          interrupted: ['interrupted', 'bad'], stopped: ['stopped', 'warning'], finished: ['finished', 'good'],
          failed: ['failed', 'bad'],
        };
        const workerStates = { working: 'good', silent: 'warning', excluded: 'bad', revoked: 'bad' };
        const exact = (value) => decimals(value, 4);
        const quantities = {
          loss: ['loss', 'training', exact], eval_loss: ['loss', 'validation', exact],
          workers_eval_loss: ['loss', 'workers’ own validation', exact],
          eval_exact_match: ['accuracy', 'exact match', percent], eval_recall_at_1: ['accuracy', 'recall@1', percent],
          workers_eval_exact_match: ['accuracy', 'exact match, workers’ own validation', percent],
          workers_eval_recall_at_1: ['accuracy', 'recall@1, workers’ own validation', percent],
        };

        // What has not changed is not drawn again: a selection, or where somebody scrolled to, stays.
        const drawn = new Map();
        function show(key, data, make) {
          const text = JSON.stringify(data);
          if (drawn.get(key) === text) return;
          drawn.set(key, text);
          const place = find(key);
          const stops = () => [...place.querySelectorAll('[tabindex], summary')];
          const before = stops().map((stop) => [stop.scrollLeft, stop.scrollTop]);
          const focused = stops().indexOf(document.activeElement);
          const isOpen = place.querySelector('details')?.open;
          place.replaceChildren(...make());
          if (isOpen) place.querySelector('details').open = true;
          stops().forEach((stop, index) => stop.scrollTo(...(before[index] || [0, 0])));
          stops()[focused]?.focus({ preventScroll: true });
        }

        let current;
        function showRun(run) {
          announce(current, run);
          current = run;
          const steps = `${run.done}${run.planned ? '/' + run.planned : ''}`;
          document.title = `${steps} ${run.run} – lorad`;
          show('run', run.run, () => [run.run]);
          show('facts', [run.state, run.is_paused, run.mode, run.begun, run.written, run.version], () => facts(run));
          find('progress').max = run.planned || 1;
          find('progress').value = run.done;
          show('progress-text', [run.done, run.planned, run.remaining_seconds, run.unit], () => [progress(run)]);
          show('figures', figures(run), () => figures(run).map(([name, value]) =>
            make('div', {}, make('dt', {}, name), make('dd', {}, value))));
          showCurves(run);
          show('workers', [run.workers, !run.privacy], () => workers(run));
          show('rounds', run.rounds, () => rounds(run));
          find('rounds-title').textContent = `Last ${run.unit}s`;
          find('privacy-section').hidden = !run.privacy;
          if (run.privacy) show('privacy', run.privacy, () => privacy(run.privacy));
          show('incidents', [run.incidents, run.refused_records, run.refused_workers], () => incidents(run));
          showManagement(run);
          find('join-section').hidden = !run.is_live || run.is_over;
          const tells = run.tells_join_line && location.hash.length > 1;
          find('join-open').hidden = !tells;
          find('join-closed').hidden = tells;
          const few = ['privacy-section', 'join-section'].filter((id) => !find(id).hidden).length % 2 === 0;
          find('incidents').parentElement.classList.toggle('wide', few);
        }

        function facts(run) {
          const [words, kind] = states[run.state] || [run.state, ''];
          const parts = [make('span', { class: `state ${kind}` }, capital(words)), ` · ${run.mode} · started `,
            moment(run.begun)];
          if (run.is_paused && !run.is_over) parts.splice(1, 0, ' · ', make('span', { class: 'state warning' }, 'Paused'));
          if (run.written) parts.push(' · as of ', moment(run.written));
          return [...parts, ` · lorad ${run.version}`];
        }

        function progress(run) {
          const share = run.planned ? ` (${Math.floor(100 * run.done / run.planned)}%)` : '';
          const total = run.planned ? ` of ${whole(run.planned)}` : '';
          const left = run.is_live && !run.is_over && run.remaining_seconds !== undefined
            ? `, ${duration(run.remaining_seconds)} left` : '';
          return `${capital(run.unit)} ${whole(run.done)}${total}${share}${left}`;
        }

        function figures(run) {
          const latest = (quantity) => run.curves.find((curve) => curve.quantity === quantity)?.values.at(-1);
          const optional = [
            ['Validation loss', exact(latest('eval_loss'))], ['Exact match', percent(latest('eval_exact_match'))],
            ['Recall@1', percent(latest('eval_recall_at_1'))],
          ].filter(([, value]) => value !== nothing);
          const there = run.workers.filter((worker) => ['idle', 'working'].includes(worker.state)).length;
          return [
            ...(run.privacy ? [] : [['Loss', exact(run.loss)]]), ...optional,
            ...(run.privacy ? [] : [['Tokens per second', whole(run.tokens_per_second)]]),
            [`Time per ${run.unit}`, seconds(run.seconds_per_round)],
            run.is_live ? ['Connected workers', whole(there)] : ['Workers', whole(run.workers.length)],
            ['Results', whole(run.results)],
            ...(run.privacy ? [] : [['Tokens', whole(run.tokens)],
              ['Received', bytes(run.bytes_in)], ['Sent', bytes(run.bytes_out)]]),
          ];
        }

        function showCurves(run) {
          const labelled = run.curves.map((curve) => {
            const [place, label, format] = quantities[curve.quantity] || [];
            return { ...curve, place, label, format };
          });
          const [losses, shares] = ['loss', 'accuracy'].map((name) => labelled.filter(({ place }) => place === name));
          find('accuracy-section').hidden = shares.length === 0;
          find('loss').parentElement.classList.toggle('wide', shares.length === 0);
          const none = run.privacy && run.done > 0 ? 'Losses are withheld under differential privacy.'
            : `No ${run.unit} has finished yet.`;
          showChart('loss', losses, none,
            { title: `Loss by ${run.unit}`, unit: run.unit, format: decimals, start: [] });
          showChart('accuracy', shares, none, { title: `Accuracy by ${run.unit}`, unit: run.unit, start: [0],
            format: (value, places) => (100 * value).toFixed(Math.max(0, places - 2)) + '%' });
        }

        function showChart(place, curves, none, options) {
          show(place, [curves, find(place).clientWidth, none], () => {
            if (curves.length === 0) return [make('p', { class: 'quiet' }, none)];
            const title = make('summary', {}, `Numbers: ${options.title.toLowerCase()}`);
            const rows = scrolling(options.title, 'scroll tall', numbers(curves, options));
            return [chart(find(place), curves, options), legend(curves), make('details', {}, title, rows)];
          });
        }

        // Columns and rows without what differential privacy keeps back.
        const withheld = ['Loss', 'Task', 'Tokens', 'Tokens/s', 'Received', 'Sent'];
        function told(run, columns, rows) {
          const isTold = columns.map(([title]) => !run.privacy || !withheld.includes(title));
          const pick = (cells) => cells.filter((_, index) => isTold[index]);
          return [pick(columns), rows.map(pick)];
        }

        function workers(run) {
          if (run.workers.length === 0) return [make('p', { class: 'quiet' }, 'No worker has joined yet.')];
          const columns = [['Worker', 'left'], ['State', 'left'], ['Task'], ['Tokens/s'], ['Counted'], ['Late'],
            ['Refused'], ['Failed'], ['Received'], ['Sent']];
          const rows = run.workers.map((worker) => [
            make('span', {}, make('bdi', {}, worker.name), ' ', make('small', {}, worker.fingerprint.slice(0, 8))),
            make('span', { class: `state ${workerStates[worker.state] || ''}` }, worker.state),
            worker.progress === undefined ? '' : `${Math.floor(100 * worker.progress)}%`,
            whole(worker.tokens_per_second), whole(worker.counted), whole(worker.late), whole(worker.refused),
            whole(worker.failed), bytes(worker.bytes_in), bytes(worker.bytes_out),
          ]);
          return [scrolling('Workers', 'scroll', table('What each worker has done in this run', ...told(run, columns, rows)))];
        }

        function rounds(run) {
          if (run.rounds.length === 0) return [make('p', { class: 'quiet' }, `No ${run.unit} has finished yet.`)];
          const has = (key) => run.rounds.some((round) => round[key] !== undefined);
          const optional = [['eval_loss', 'Validation loss', exact], ['accuracy', 'Accuracy', percent],
            ['epsilon', 'Epsilon', (value) => decimals(value, 3)]].filter(([key]) => has(key));
          const columns = [[capital(run.unit)], ['Loss'], ...optional.map(([, title]) => [title]), ['Results'],
            ['Tokens'], ['Time'], ['Received'], ['Sent'], ['Finished at']];
          const rows = [...run.rounds].reverse().map((round) => [
            whole(round.number), exact(round.loss), ...optional.map(([key, , format]) => format(round[key])),
            whole(round.results), whole(round.tokens), seconds(round.seconds), bytes(round.bytes_in),
            bytes(round.bytes_out), clock(round.time),
          ]);
          return [scrolling(`Last ${run.unit}s`, 'scroll', table('Newest first', ...told(run, columns, rows)))];
        }

        function privacy(budget) {
          const spent = budget.epsilon === undefined ? [] : [make('p', {}, budget.target === undefined
            ? `Epsilon ${decimals(budget.epsilon, 3)} spent, at delta ${budget.delta}; there is no target.`
            : `Epsilon ${decimals(budget.epsilon, 3)} of ${budget.target} spent, at delta ${budget.delta}.`)];
          if (budget.epsilon === undefined) {
            spent.push(make('p', {}, `Delta ${budget.delta}`
              + (budget.target === undefined ? '.' : `; each worker stops at epsilon ${budget.target}.`)));
          } else if (budget.target !== undefined) {
            spent.unshift(make('progress', { max: budget.target, value: Math.min(budget.epsilon, budget.target),
              'aria-label': 'Privacy budget spent' }));
          }
          return [...spent, make('p', { class: 'quiet' }, budget.meaning),
            make('p', { class: 'quiet' }, budget.withheld)];
        }

        function incidents(run) {
          const [handshakes, records] = [run.refused_workers, run.refused_records];
          const strangers = handshakes + records === 0 ? [] : [make('p', { class: 'quiet' },
            `Refused: ${counted(handshakes, 'handshake')}; `
              + `${counted(records, 'record')} that were damaged or from unknown peers.`)];
          if (run.incidents.length === 0) return [...strangers, make('p', { class: 'quiet' }, 'None.')];
          const items = run.incidents.map((incident) =>
            make('li', {}, make('p', {}, clock(incident.time)), make('p', {}, incident.text)));
          return [...strangers, scrolling('Problems', 'scroll tall', make('ol', {}, ...items))];
        }

        """# + PageManagement.text + PageLive.text
}
