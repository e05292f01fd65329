# What train/CMakeLists.txt takes from this folder.
set(TRAIN_LINEAR_SOURCES
    linear/coordinate_descent.cc
    linear/lbfgs.cc
    linear/least_squares.cc
    linear/linear_model.cc
    linear/logistic.cc
    linear/logistic_loss.cc
    linear/losses.cc
    linear/moments.cc
    linear/naive_bayes.cc
    linear/products.cc)
set(TRAIN_LINEAR_TESTS
    linear/coordinate_descent_test.cc
    linear/least_squares_test.cc
    linear/logistic_test.cc
    linear/naive_bayes_test.cc
    linear/products_test.cc)
