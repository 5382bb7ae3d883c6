enum TensorsTarget {}
