# What import/CMakeLists.txt takes from this folder.
set(PICKLE_SOURCES)
set(PICKLE_TESTS)
set(PICKLE_LIBRARIES)
