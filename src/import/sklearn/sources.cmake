# What import/CMakeLists.txt takes from this folder.
set(SKLEARN_SOURCES)
set(SKLEARN_TESTS)
