with

trainings as (

    select * from {{ ref('stg_dms__training') }}

)

select
    store_id,
    training_number,
    staff_id,
    held_on,
    topic,
    minutes,
    cast(score as decimal(9, 2)) as score,
    is_passed
from trainings
