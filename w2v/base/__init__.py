"""Basics that all parts use: arrays, errors, files and locks, the machine, object stores, cosines."""
