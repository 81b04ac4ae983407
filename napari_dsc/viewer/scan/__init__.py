"""Scans on screen: opened, proposed for, and shown as layers."""
