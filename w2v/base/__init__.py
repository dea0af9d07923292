"""What every part stands on: arrays, errors, files and locks, the machine, object stores, cosines."""
