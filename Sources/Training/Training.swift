enum TrainingTarget {}
