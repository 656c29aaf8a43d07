with

received as (

    select * replace (upper(trim(vin)) as vin) from {{ raw('policy') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['insurer_code', 'policy_number', 'policy_kind', 'endorsement_number']) }}

),

signed as (

    select * from newest
    where signed_on < {{ as_of() }}

)

select * from signed
