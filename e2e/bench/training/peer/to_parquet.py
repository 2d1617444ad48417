"""Writes a CSV file as Parquet beside it: python to_parquet.py TABLE"""

import sys

import pandas as pd

pd.read_csv(sys.argv[1]).to_parquet(sys.argv[1].replace(".csv", ".parquet"))
