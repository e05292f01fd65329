# What import/CMakeLists.txt takes from this folder.
set(CATBOOST_SOURCES)
set(CATBOOST_TESTS)
