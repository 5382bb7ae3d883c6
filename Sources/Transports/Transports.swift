/// Message transports of the federated half.
public enum Transports {}
