// Request and Response: one HTTP exchange in our own types, so that no library's types leave this room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::net {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;  // as sent: "GET"
  std::string target;  // as sent: "/taxii2/?limit=1"
  std::vector<Header> headers;
  std::string body;
  // Of the connection, not of what the client claims.
  std::string client_address;      // without port; empty: not known (in-process)
  bool encrypted = false;          // came over TLS
  std::string client_certificate;  // SHA-256 of the verified certificate in hexadecimal; empty: none

  // The first header of this name, without regard to case; empty where there is none.
  std::string_view header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  // Content-Length and Connection are the server's business
  std::string body;

  std::string_view header(std::string_view name) const;
  Response& add(std::string name, std::string value);
};

// "Not Found"; "" for a status that HTTP does not name.
std::string_view reason_phrase(int status);

}  // namespace tocsin::net
