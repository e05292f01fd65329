# Compiler, linker and cache choices: the part of the build that decides how long it takes.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Sloppiness as ccache asks for where headers are precompiled; paths relative to this clone, so that
  # another clone of it finds the same entries.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Of a release (docs/adr/0063): packed relocations take half a megabyte less, and lld keeps one of equal
# functions. Debian 12's mold packs relocations in a form that glibc refuses.
find_program(LLD_PROGRAM ld.lld-16)
function(slipway_link_small target)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  elseif(LLD_PROGRAM)
    file(REAL_PATH ${LLD_PROGRAM} lld)
    cmake_path(GET lld PARENT_PATH lld_folder)  # where it has the name that the compiler looks for
    target_link_options(${target} PRIVATE -fuse-ld=lld -B${lld_folder} -Wl,--icf=all -Wl,-O2
      -Wl,-z,keep-text-section-prefix)
  else()
    target_link_options(${target} PRIVATE -fuse-ld=bfd)
  endif()
  # In these two most symbols of a start are found: they are searched first.
  target_link_options(${target} PRIVATE -Wl,-z,pack-relative-relocs
    -Wl,--no-as-needed -lstdc++ -lcrypto -Wl,--as-needed)
endfunction()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
                    -Werror=unused-result -Werror=return-type -Werror=switch
                    -fno-omit-frame-pointer -fvisibility-inlines-hidden)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives inside libstdc++ with these.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  add_compile_options(-fpch-preprocess)  # what ccache needs to keep files that use the compiled header
endif()
add_link_options(-Wl,--gc-sections -Wl,--as-needed)
add_compile_options(-ffunction-sections -fdata-sections)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now -pie)
endif()

if(SLIPWAY_SANITIZE)
  add_compile_options(-fsanitize=${SLIPWAY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLIPWAY_SANITIZE})
endif()
if(SLIPWAY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SLIPWAY_THREAD_SAFETY)
  add_compile_options(-Wthread-safety -Werror=thread-safety)
endif()
