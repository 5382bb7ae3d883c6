/// The coordinator and worker halves of a run; see docs/architecture.md.
public enum Federation {}
