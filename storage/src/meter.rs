//! Counts the read and write units that requests consume, as DynamoDB itself reports them: for tests and benchmarks.

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::{
    batch_get_item as batch_get, delete_item as delete, get_item as get, put_item as put, query,
    transact_write_items as transact, update_item as update,
};
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use std::sync::{Arc, Mutex, PoisonError};

/// Units of all requests since the last [`Meter::take`].
#[derive(Debug, Clone, Default)]
pub struct Meter {
    used: Arc<Mutex<Units>>,
}

/// Capacity units: a strongly consistent read of 4 kB, a write of 1 kB (two of each in a transaction).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    pub requests: u32,
    pub read: f64,
    pub write: f64,
}

impl Meter {
    /// What was used since the last call.
    pub fn take(&self) -> Units {
        std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

macro_rules! ask {
    ($input:expr, $($type:ty),+) => {$(
        if let Some(input) = $input.downcast_mut::<$type>() {
            input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
        }
    )+};
}

macro_rules! count {
    ($output:expr, $units:expr, $($type:ty => $side:ident),+) => {$(
        if let Some(output) = $output.downcast_ref::<$type>() {
            $units.requests += 1;
            $units.$side += output.consumed_capacity.iter().flatten_capacity();
        }
    )+};
}

/// One report or one a table: their units.
trait FlattenCapacity {
    fn flatten_capacity(self) -> f64;
}
impl<'a, I: Iterator<Item = &'a C>, C: Capacity + 'a> FlattenCapacity for I {
    fn flatten_capacity(self) -> f64 {
        self.map(Capacity::units).sum()
    }
}
trait Capacity {
    fn units(&self) -> f64;
}
impl Capacity for aws_sdk_dynamodb::types::ConsumedCapacity {
    fn units(&self) -> f64 {
        self.capacity_units.unwrap_or(0.0)
    }
}
impl Capacity for Vec<aws_sdk_dynamodb::types::ConsumedCapacity> {
    fn units(&self) -> f64 {
        self.iter().map(Capacity::units).sum()
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        ask!(
            input,
            get::GetItemInput,
            batch_get::BatchGetItemInput,
            query::QueryInput,
            put::PutItemInput,
            update::UpdateItemInput,
            delete::DeleteItemInput,
            transact::TransactWriteItemsInput
        );
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let mut units = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        count!(
            output,
            units,
            get::GetItemOutput => read,
            batch_get::BatchGetItemOutput => read,
            query::QueryOutput => read,
            put::PutItemOutput => write,
            update::UpdateItemOutput => write,
            delete::DeleteItemOutput => write,
            transact::TransactWriteItemsOutput => write
        );
        Ok(())
    }
}
