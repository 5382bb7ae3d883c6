/// Secure aggregation and differential privacy for the federated half.
public enum Privacy {}
