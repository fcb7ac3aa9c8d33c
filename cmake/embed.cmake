# tocsin_embed(TARGET NAMESPACE files…): compiles files into TARGET as bytes. For FOLDER/report.css and the namespace
# tocsin::report::assets the target gets `extern const std::string_view report_css;` in that namespace, to be declared by
# whoever uses it. Run with -P it is the generator itself.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${INPUT} BYTES HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," BYTES "${BYTES}")
  string(REGEX REPLACE "(('[^']*',){24})" "\\1\n" BYTES "${BYTES}")
  file(WRITE ${OUTPUT} "#include <string_view>\nnamespace ${NAMESPACE} {\nnamespace {\nconstexpr char bytes[] = {\n${BYTES}0};\n}\n"
    "extern const std::string_view ${NAME};\nconst std::string_view ${NAME}(bytes, sizeof bytes - 1);\n}\n")
  return()
endif()

set(TOCSIN_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(tocsin_embed TARGET NAMESPACE)
  foreach(FILE ${ARGN})
    get_filename_component(INPUT ${FILE} ABSOLUTE)
    get_filename_component(NAME ${FILE} NAME)
    string(MAKE_C_IDENTIFIER ${NAME} NAME)
    set(OUTPUT ${CMAKE_BINARY_DIR}/embedded/${TARGET}_${NAME}.cc)
    add_custom_command(OUTPUT ${OUTPUT}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${INPUT} -DOUTPUT=${OUTPUT} -DNAME=${NAME} -DNAMESPACE=${NAMESPACE}
        -P ${TOCSIN_EMBED_SCRIPT}
      DEPENDS ${INPUT} ${TOCSIN_EMBED_SCRIPT} COMMENT "Embedding ${NAME}")
    target_sources(${TARGET} PRIVATE ${OUTPUT})
  endforeach()
endfunction()
