"""How much a data file may cost; what is larger is refused before it is held in memory."""

#: Bytes of a file, and of an array that is packed in one.
MAX_BYTES = 64 * 2**20
#: Bytes of a csv file, after it was unpacked.
MAX_CSV_BYTES = 32 * 2**20
#: Bytes of a JSON file: a byte of JSON can take forty bytes of memory.
MAX_JSON_BYTES = 16 * 2**20
#: Characters of one row of a csv file.
MAX_ROW = 2**20
#: Numbers of one table.
MAX_VALUES = 2**22
#: Numbers of all tables that one check reads.
MAX_ALL_VALUES = 2**23
#: Axes of an array.
MAX_AXES = 32
#: Bytes of the list of files of an archive.
MAX_DIRECTORY = 2**20
#: Files that are packed one after the other in a .gz file.
MAX_PARTS = 10_000
