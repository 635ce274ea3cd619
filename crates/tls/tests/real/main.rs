//! Real connections, with certificates that are made here.
#![cfg(not(madsim))]

mod clients;
mod listener;
mod mutual;
mod renewal;
mod support;
mod web;
