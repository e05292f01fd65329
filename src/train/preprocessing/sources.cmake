# What train/CMakeLists.txt takes from this folder.
set(TRAIN_PREPROCESSING_SOURCES bins.cc categories.cc date_parts.cc encoder.cc finish.cc fitting.cc graph_inputs.cc
    preprocessor.cc steps.cc target_means.cc terms.cc)
list(TRANSFORM TRAIN_PREPROCESSING_SOURCES PREPEND preprocessing/)
set(TRAIN_PREPROCESSING_TESTS preprocessor_test.cc steps_test.cc)
list(TRANSFORM TRAIN_PREPROCESSING_TESTS PREPEND preprocessing/)
