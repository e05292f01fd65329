# What train/CMakeLists.txt takes from this folder.
set(TRAIN_SELECTION_SOURCES automatic.cc choice.cc search.cc trial.cc)
list(TRANSFORM TRAIN_SELECTION_SOURCES PREPEND selection/)
set(TRAIN_SELECTION_TESTS selection_test.cc)
list(TRANSFORM TRAIN_SELECTION_TESTS PREPEND selection/)
