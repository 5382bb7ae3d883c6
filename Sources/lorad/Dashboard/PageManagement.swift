/// The part of the page's script that acts on the run, for whoever opened the page with an access token.
enum PageManagement {
    static let text = #"""
        // The coordinator decides whether the token's role is enough; without a token there is nothing to press.
        function showManagement(run) {
          find('manage-section').hidden = !run.is_live || run.is_over || !location.hash.startsWith('#lorad_');
          find('manage-pause').textContent = run.is_paused ? 'Resume' : 'Pause';
          const workers = run.workers.filter(({ state }) => state !== 'revoked');
          const chosen = find('manage-worker').value;
          show('manage-worker', workers.map(({ name, fingerprint }) => [name, fingerprint]), () => workers.map((worker) =>
            make('option', { value: worker.fingerprint }, `${worker.name} ${worker.fingerprint.slice(0, 8)}`)));
          if (workers.some(({ fingerprint }) => fingerprint === chosen)) find('manage-worker').value = chosen;
          find('manage-revoke').disabled = workers.length === 0;
        }

        async function act(name, parameters = {}) {
          const answer = await fetch(`actions/${name}`, {
            method: 'POST', headers: { ...credentials(), 'Content-Type': 'application/json' },
            body: JSON.stringify({ run: current.run, ...parameters }),
          });
          const text = await answer.text();
          find('manage-said').textContent = answer.ok ? JSON.parse(text).text : text;
        }

        function onPress(id, action, question = () => undefined) {
          find(id).addEventListener('click', async () => {
            const asked = question();
            if (asked && !confirm(asked)) return;
            try { await action(); } catch (error) {
              find('manage-said').textContent = 'That failed. Is the coordinator still running?';
            }
          });
        }

        onPress('manage-pause', () => act(current.is_paused ? 'resume' : 'pause'));
        onPress('manage-extend', () => act('extend', { seconds: 900 }));
        onPress('manage-stop', () => act('stop'), () => `Stop the coordinator of run ${current.run}? Its state is saved.`);
        onPress('manage-revoke', () => act('revoke', { worker: find('manage-worker').value }),
          () => `Revoke ${find('manage-worker').selectedOptions[0].textContent}? It can never join run ${current.run} again.`);

        """#
}
