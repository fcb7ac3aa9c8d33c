// XML: tells the elements and text of a document in order, in bounded memory. The only door to expat.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace tocsin::wire {

struct XmlAttribute {
  std::string_view name;
  std::string_view value;
};

// Views are valid during the call only. Names are as written, with their prefix.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start_element(std::string_view name, std::span<const XmlAttribute> attributes) = 0;
  // empty: written <name/>.
  virtual void end_element(std::string_view name, bool empty) = 0;
  // Text, CDATA and resolved references; one text may come in several calls.
  virtual void text(std::string_view text) = 0;
};

// XML 1.0 in UTF-8. A document type is an error, so there are no entities but the five of XML and character references.
// Limits: limits::nesting_max levels, record_bytes_max bytes. Not thread-safe; reused from document to document.
class XmlParser {
 public:
  XmlParser();
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  // The whole document. After an error the handler has been told what came before it.
  Result<void> parse(std::string_view document, XmlHandler& handler);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::wire
