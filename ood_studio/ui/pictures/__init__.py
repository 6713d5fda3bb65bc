"""Pictures that people choose, mark and compare, in whichever tab."""
