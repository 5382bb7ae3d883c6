enum AdaptersTarget {}
