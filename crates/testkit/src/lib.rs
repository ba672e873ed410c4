//! What tests share: a server in process. Rooms bring their own worlds so far.
