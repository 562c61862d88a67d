"""Dialects: auth APIs described as data. Everything else in Watchword reads them through this package."""
