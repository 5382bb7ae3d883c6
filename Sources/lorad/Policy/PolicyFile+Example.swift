extension PolicyFile {
    /// A policy with comments, to be filled in.
    static let example = """
        # What this site's worker may take part in: lorad worker --policy FILE. Everything else is refused, and the refusal
        # names the line. Options of lorad worker can only make it stricter. A list in brackets holds what is approved;
        # any, without brackets, approves all.

        # The coordinators' keys: what follows key= in the join line. Get them from the people who run the coordinator.
        coordinators: any

        # Runs by name (run: in the run file).
        runs: [hospital-vqa]

        # Base models by digest: lorad inspect FOLDER --digest.
        base_models: any

        # Adapters that a run may start from: new for one that begins with the run, or digests (lorad inspect FOLDER --digest).
        # The first round shows whether that is true, so start the worker before it. The run waits for it there if
        # federation.min_workers in the run file is the number of all sites.
        base_adapters: [new]

        # What may train: \(ApprovedMethod.plural).
        methods: [lora]

        # Where it may train: ends of module paths, or whole paths in quotes with * for any characters: '*.layers.0.*'.
        modules: [q_proj, k_proj, v_proj, o_proj]

        # The most rounds of a run, and days from this worker's first round to its last.
        rounds: 100
        days: 30

        # The last day of the agreement.
        # until: 2030-06-30

        secure_aggregation:
          # Refuse to send an update that the coordinator could read.
          required: true
          # The fewest workers of a sum: as a number, and as a share of those in the list of keys.
          fewest_workers: 5
          # peers: /etc/lorad/peers.txt
          # fewest_share: 0.5
          # The smallest share of a round's workers that may open a sum, above one half.
          threshold: 0.67
          # Workers of a sum that may be in league with the coordinator.
          colluders: 1
          # Honest workers that may be counted on in a sum: shares of noise may rest on no more.
          honest_workers: 4

        differential_privacy:
          # Refuse to send results without noise of this worker's own making.
          required: true
          # Whose data the noise hides: example, person, or worker for all data of this site.
          units: [person, worker]
          # The largest epsilon of all runs of this worker together, and the delta that it counts at.
          max_epsilon: 8
          delta: 1.0e-6

        """
}
