//! Listings: keys in the order of their UTF-8 bytes, with those below a delimiter rolled up.

mod objects;
mod page;
mod uploads;
mod versions;
