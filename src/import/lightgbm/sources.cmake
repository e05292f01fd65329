# What import/CMakeLists.txt takes from this folder.
set(LIGHTGBM_SOURCES)
set(LIGHTGBM_TESTS)
